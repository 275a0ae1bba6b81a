namespace Budgets.Trees;

// Who waits for what is drawn, and when he has taken it.
internal sealed partial class Drawer
{
    /// <summary>
    /// Somebody who asks for more, until he has taken what he asked for, or gives up: nothing of what was granted goes back meanwhile, unless it is recalled.
    /// Between the answer and his turn he may have to look up whether his key was used.
    /// </summary>
    public sealed class Turn(Drawer drawer) : IDisposable
    {
        private bool _isOn;
        private bool _isAnswered;

        internal void Begin()
        {
            Pass();
            drawer._inTurn += _isOn ? 0 : 1;
            _isOn = true;
        }

        internal void Answered()
        {
            drawer._answered += _isOn && !_isAnswered ? 1 : 0;
            _isAnswered = _isOn;
        }

        /// <summary>He has decided what to do with the answer: a recall need not wait for him any more.</summary>
        public void Pass()
        {
            if (!_isAnswered)
            {
                return;
            }

            _isAnswered = false;
            if (--drawer._answered == 0 && drawer._taken is { } taken)
            {
                drawer._taken = null;
                taken.SetResult();
            }
        }

        public void Dispose()
        {
            Pass();
            if (!_isOn)
            {
                return;
            }

            _isOn = false;
            drawer._inTurn--;
            if (drawer._asking.IsCompleted && drawer.Rest is { } rest)
            {
                drawer._asking = drawer.GiveBack(rest);
            }
        }
    }
}
